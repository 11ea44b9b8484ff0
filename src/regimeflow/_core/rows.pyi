from typing import final

@final
class Rows: ...

@final
class Collector: ...
