"""A small definition to break, and the means to break it."""

import json
import tomllib
from datetime import date
from typing import Any

TODAY = date(2020, 12, 8)

SMALL = """\
id = "spring-final"
time_zone = "Asia/Shanghai"
hosts = []
title = { en = "Spring final", zh = "春季决赛", ru = "Весенний финал" }
tagline = { en = "Two teams", zh = "两支团队", ru = "Две команды" }
organisers = [{ en = "Anna", zh = "安娜", ru = "Анна" }]

[about]
en = "Two teams, one field."
zh = "两支团队，一个赛道。"
ru = "Две команды, одно направление."

[stage]
pitch = { seconds = 480, policy = "mute", warnings = [120, 30] }
questions = { seconds = 420, policy = "warn" }
voting = { seconds = 120, policy = "cut" }

[rules]
quorum = 2

[[criteria]]
id = "idea"
weight = 3
title = { en = "Idea", zh = "创意", ru = "Идея" }
hint = { en = "Is it new?", zh = "新不新？", ru = "Новая ли она?" }
anchors = [
  { score = 5, text = { en = "Fair", zh = "尚可", ru = "Неплохо" } },
  { score = 10, text = { en = "Great", zh = "出色", ru = "Отлично" } },
]

[[fields]]
id = "ai"
title = { en = "AI", zh = "人工智能", ru = "ИИ" }
summary = { en = "Machines", zh = "机器", ru = "Машины" }
starts_at = "today 14:00"

[[projects]]
id = "one"
field = "ai"
name.en = "One"
name.zh = "一号"
name.ru = "Первый"
one_liner = { en = "First", zh = "第一", ru = "Первый" }
summary = { en = "The first.", zh = "第一个。", ru = "Самый первый." }
team = { en = "Ada", zh = "艾达", ru = "Ада" }
place = { en = "Perm, Russia", zh = "俄罗斯彼尔姆", ru = "Пермь, Россия" }
needs = ["financing"]

[[projects.deck]]
title = { en = "Why", zh = "为何", ru = "Зачем" }

[[projects.deck]]
title.en = "How"
title.zh = "如何"
title.ru = "Как"
lines = [
  { en = "So", zh = "如此", ru = "Так" },
]

[[judges]]
id = "chair"
field = "ai"
chair = true
name = { en = "Lev", zh = "列夫", ru = "Лев" }
affiliation = { en = "Park", zh = "园区", ru = "Парк" }

[[judges]]
id = "judge-1"
field = "ai"
name = { en = "Mei", zh = "梅", ru = "Мэй" }
affiliation = { en = "Fund", zh = "基金", ru = "Фонд" }

[variants.brisk.stage.pitch]
seconds = 20
warnings = [10, 5]
"""


def small() -> dict[str, Any]:
    return tomllib.loads(SMALL)


def written(data: dict[str, Any]) -> str:
    """The data as TOML, one line for each key."""
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in data.items())


def _key(key: str) -> str:
    return _text(key)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
