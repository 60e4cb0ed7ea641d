"""What the dates of a column are dates of, by the words that its name begins with in many languages.

Only a date of a play makes a table one of plays; tracks that were loved, added, bought or released on a day
are a list.
"""

from collections.abc import Sequence

from assets.listening.readers.clock_columns import are_days, fineness

LAST, LOVED, ADDED, BOUGHT, RELEASED, CHANGED = "last", "loved", "added", "bought", "released", "changed"


def _stems(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_PLAYED = _stems(
    "wiedergeg abgespiel gespielt gehört angehört écout joué reprod escuch sonad ascolt riprodott ouvid"
    " tocad beluisterd afgespeeld odtw odsłuch słuchan прослуш воспроизв проигр spelad lyssn avspil"
    " avspelad kuunnel toistet dinle çalın lejátsz hallgat přehrán poslouch 再生日 再生時 再生した 聴いた"
    " 播放 收听 收聽 재생 들은"
)
_OTHERS = {
    LAST: _stems(
        "last_play last_listen last_heard lastplay first_play first_listen zuletzt letzte erstmals"
        " dernière dernier première_écoute última ultima último ultimo primera laatst senast sist sidst"
        " ostatni последн viimeksi viimeinen son_çal son_dinle naposled poslední utoljára utolsó 最終 最後"
        " 最近 上次 마지막"
    ),
    LOVED: _stems(
        "love liked favor favour starred hearted gelieb gefäll gemocht geliked lieblings aimé gustad"
        " megusta curtid piaci preferit ulubion polubi люб понрав gillad synes_om tykkät beğen kedvenc"
        " oblíben いいね お気に入り 喜欢 喜歡 收藏 좋아요 즐겨찾기"
    ),
    ADDED: _stems(
        "added add adici adiç saved save followed inserted import synced collect hinzugefügt gespeichert"
        " ajout enregistr añad agreg guardad aggiun salvat adicionad toegevoegd opgeslagen dodan zapisan"
        " добав сохран tilføj gemt tillag sparad lagt lisät talle eklen kayde hozzáad mentve přidán uložen"
        " 追加 登録 添加 保存 추가"
    ),
    BOUGHT: _stems(
        "purchas bought order download gekauft kauf bestell achet achat command compra pedid acquist"
        " ordin gekocht aankoop zakup kupion куп заказ køb köp ostet satın vásárol nákup 購入 购买 구매"
    ),
    RELEASED: _stems(
        "release concert konzert gig publish posted upload birth erschein veröff sortie paru lanzad"
        " lanzamiento lançad lançamento uscit pubblic verschenen wydan premier выпу выход вышел udgiv"
        " utgiv julkais çıkış yayın megjelen vydán 発売 リリース 发行 發行 발매"
    ),
    CHANGED: _stems(
        "modified updated changed änderung created received geändert modifi actualizad изменен 更新 修改"
    ),
}


def is_of_plays(name: str) -> bool:
    """Whether a column is called, in another language than English, after what was played."""
    return _begins(name, _PLAYED) and kind(name) is None


def kind(name: str) -> str | None:
    """What else than a play a column's dates are of; None where its name does not say so."""
    return next((found for found, stems in _OTHERS.items() if _begins(name, stems)), None)


def kinds(names: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, int]:
    """Where the dates stand of what is no play, by kind; a column of counts or of yes and no holds none."""
    found: dict[str, int] = {}
    for at, name in enumerate(names):
        what = kind(name)
        cells = [row[at].strip() for row in rows if at < len(row)]
        if what is not None and (fineness(cells) is not None or are_days(cells)):
            found.setdefault(what, at)
    return found


def _begins(name: str, stems: Sequence[str]) -> bool:
    """Whether a word begins so; languages that set no blanks may have it anywhere."""
    return any(f"_{stem}" in f"_{name}" or (stem[0] > "\u2e80" and stem in name) for stem in stems)
