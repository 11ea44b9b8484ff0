from typing import final

@final
class Handlers: ...

@final
class Spares: ...

@final
class Registry: ...
