"""How long things took: a fixed-size histogram with a relative error below 1/32 at any size."""

cimport cython
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memset

cdef extern from *:
    """
    static inline int rf_log2(uint64_t value) { return 63 - __builtin_clzll(value); }
    """
    int rf_log2(uint64_t value) noexcept nogil


# Bucket of a duration: exact below SUB_BUCKETS, then SUB_BUCKETS buckets for each power of two.
cdef inline int _bucket_of(uint64_t duration) noexcept nogil:
    if duration < SUB_BUCKETS:
        return <int>duration
    cdef int shift = rf_log2(duration) - 5
    return (shift + 1) * SUB_BUCKETS + <int>((duration >> shift) - SUB_BUCKETS)


# The largest duration that falls into a bucket.
cdef inline int64_t _upper_edge(int bucket) noexcept nogil:
    if bucket < SUB_BUCKETS:
        return bucket
    cdef int shift = bucket // SUB_BUCKETS - 1
    return ((<int64_t>(bucket % SUB_BUCKETS + SUB_BUCKETS) + 1) << shift) - 1


@cython.final
@cython.no_gc
cdef class LatencyHistogram:
    """Counts of durations in nanoseconds; 15 kB, never grows.

    Threading:
        One writer. Readers on other threads may see a count that is one behind.
    """

    def __cinit__(self):
        self.clear()

    cdef void add(self, int64_t duration_ns) noexcept nogil:
        if duration_ns < 0:
            duration_ns = 0
        self._counts[_bucket_of(<uint64_t>duration_ns)] += 1
        self._total += 1
        if duration_ns > self._largest:
            self._largest = duration_ns

    def record(self, int64_t duration_ns) -> None:
        """Count one duration [ns]; a negative one counts as zero."""
        self.add(duration_ns)

    @property
    def count(self) -> int:
        """How many durations were counted."""
        return self._total

    @property
    def max_ns(self) -> int:
        """The longest duration; 0 when nothing was counted."""
        return self._largest

    def percentile(self, double percent) -> int:
        """Return the duration that ``percent`` of all stay at or below, rounded up by at most 1/32; 0 when empty.

        Raises:
            ValueError: percent is not within 0 to 100.
        """
        if not 0.0 <= percent <= 100.0:
            raise ValueError(f"percent is {percent}; expected 0 to 100")
        cdef uint64_t wanted = <uint64_t>(percent / 100.0 * <double>self._total + 0.5)
        cdef uint64_t seen = 0
        cdef int bucket
        if wanted < 1:
            wanted = 1
        for bucket in range(BUCKETS):
            seen += self._counts[bucket]
            if seen >= wanted:
                return min(_upper_edge(bucket), self._largest)
        return self._largest

    def at_most(self, bounds) -> list[int]:
        """Return how many durations are within each bound [ns], rising; exact to a bucket, 1/32."""
        cdef list found = []
        cdef int64_t bound, seen = 0
        cdef int bucket = 0
        for bound in bounds:
            while bucket < BUCKETS and _upper_edge(bucket) <= bound:
                seen += <int64_t>self._counts[bucket]
                bucket += 1
            found.append(seen)
        return found

    @property
    def sum_ns(self) -> int:
        """About what all durations come to: each counts as its bucket's end, at most 1/32 more."""
        cdef double total = 0.0
        cdef int bucket
        for bucket in range(BUCKETS):
            if self._counts[bucket]:
                total += <double>self._counts[bucket] * <double>_upper_edge(bucket)
        return int(total)

    def clear(self) -> None:
        """Forget everything."""
        memset(self._counts, 0, sizeof(self._counts))
        self._total = 0
        self._largest = 0
