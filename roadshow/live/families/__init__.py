"""All message families: each module of this folder has one ``Family``, and a module that is here is spoken."""

from importlib import import_module
from pkgutil import iter_modules

from roadshow.live.family import Family


def _found() -> tuple[type[Family], ...]:
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return tuple(
        member
        for module in modules
        for member in vars(module).values()
        if isinstance(member, type) and issubclass(member, Family) and member.__module__ == module.__name__
    )


FAMILIES = _found()
