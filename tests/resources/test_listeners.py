import pytest
from pydantic import ValidationError

from resources.listeners import ListenerIdError, is_listener_id, listener_id
from resources.settings import Settings

GOOD = (
    "me",
    "o'brien",
    "Zoë",
    "山田",
    "x') OR ('1'='1",
    "a b",
    "ada@home.example",
    "100%",
    "[ada]",
    "-x",
    "1",
)
BAD = {
    "": "blanks",
    " ada": "blanks",
    "ada\t": "blanks",
    ".": "dot",
    "..": "dot",
    ".hidden": "dot",
    "a/b": "slash",
    "a\\b": "backslash",
    "a:b": "colon",
    "a\0b": "printable",
    "a\nb": "printable",
    "a\u202eb": "printable",
    "\ud800": "printable",
    "é" * 61: "bytes",
    "Datasets": "takes datasets",
}


@pytest.mark.parametrize("name", GOOD)
def test_people_may_be_called_what_they_are_called(name: str) -> None:
    assert listener_id(name) == name
    assert is_listener_id(name)
    assert Settings(user=name).user == name


@pytest.mark.parametrize("name", BAD)
def test_what_names_no_folder_of_the_inbox_is_refused_with_the_reason_at_every_door(name: str) -> None:
    with pytest.raises(ListenerIdError, match=BAD[name]):
        listener_id(name)
    assert not is_listener_id(name)
    with pytest.raises(ValidationError, match=BAD[name]):
        Settings(user=name)


def test_a_name_is_one_listener_however_its_accents_were_typed() -> None:
    assert listener_id("Zoe\u0308") == listener_id("Zoë")
