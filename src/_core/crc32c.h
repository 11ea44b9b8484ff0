/* CRC32C (Castagnoli): by the processor's instruction where there is one, else by tables of eight bytes. */
#ifndef REGIMEFLOW_CRC32C_H
#define REGIMEFLOW_CRC32C_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RF_CRC32C_POLY 0x82f63b78u /* reflected; RFC 3720, B.4 */

static uint32_t rf_crc32c_table[8][256];

/* Filled on first use; two threads that fill it at once write the same. */
static inline void rf_crc32c_fill(void) {
    for (uint32_t n = 0; n < 256; n++) {
        uint32_t crc = n;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? RF_CRC32C_POLY : 0);
        rf_crc32c_table[0][n] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (uint32_t n = 0; n < 256; n++) {
            uint32_t crc = rf_crc32c_table[k - 1][n];
            rf_crc32c_table[k][n] = crc >> 8 ^ rf_crc32c_table[0][crc & 255];
        }
}

static inline uint32_t rf_crc32c_soft(uint32_t crc, const uint8_t *at, size_t n) {
    if (!rf_crc32c_table[7][255])
        rf_crc32c_fill();
    for (; n >= 8; n -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        word ^= crc;
        crc = 0;
        for (int k = 0; k < 8; k++, word >>= 8)
            crc ^= rf_crc32c_table[7 - k][word & 255];
    }
    for (; n; n--)
        crc = crc >> 8 ^ rf_crc32c_table[0][(crc ^ *at++) & 255];
    return crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static inline uint32_t rf_crc32c_hard(uint32_t crc, const uint8_t *at, size_t n) {
    uint64_t wide = crc;
    for (; n >= 8; n -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    if (n & 4) {
        uint32_t word;
        memcpy(&word, at, 4);
        crc = __builtin_ia32_crc32si(crc, word);
        at += 4;
    }
    for (n &= 3; n; n--)
        crc = __builtin_ia32_crc32qi(crc, *at++);
    return crc;
}
#endif

/* Go on with a sum; start with ~0, and turn the bits of the result. */
static inline uint32_t rf_crc32c_on(uint32_t crc, const void *data, size_t n) {
#ifdef __x86_64__
    if (__builtin_cpu_supports("sse4.2"))
        return rf_crc32c_hard(crc, data, n);
#endif
    return rf_crc32c_soft(crc, data, n);
}

static inline uint32_t rf_crc32c(const void *data, size_t n) { return ~rf_crc32c_on(~0u, data, n); }

#endif
