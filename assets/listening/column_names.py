"""What columns are called by tools and languages: of tables of plays and of datasets alike.

Names are in lower case, with underscores between words; of several, the likelier comes first.
"""

from typing import Final


def words(text: str) -> tuple[str, ...]:
    """Names, cut at blanks."""
    return tuple(text.split())


TRACK: Final = words(
    "track track_name trackname songtitel tracktitel liedtitel titelname name title track_title song"
    " song_name song_title songname content_name recording titel titre titulo título pista titolo canción"
    " cancion morceau piste chanson brano canzone música musica faixa nummer liedje lied utwór tytuł låt"
    " sång sang kappale skladba şarkı item_description трек трека песня песни композиция композиции"
    " название пісня пісні utworu skladby parça 曲名 曲 タイトル 歌名 歌曲 标题 제목 노래 곡"
)
ARTIST: Final = words(
    "artist artist_name artistname künstlername interpretenname bandname artists artist_names band"
    " interpret artiste artista künstler performer artist_s artist_name_s künstler_in artistes intérprete"
    " interprete cantante artiest uitvoerder wykonawca artysta kunstner konstnär esittäjä umělec sanatçı"
    " исполнитель артист виконавець esecutore exécutant ejecutante исполнителя артиста виконавця wykonawcy"
    " umělce アーティスト 歌手 艺术家 艺人 아티스트 가수 album_artist album_artist_name albumartist"
)
ALBUM: Final = words(
    "album album_name albumname albumtitel album_title release release_name record álbum disco albumi"
    " albüm альбом альбома albumu アルバム 专辑 專輯 앨범 container_album_name disc_name disc"
)
LENGTH: Final = words(
    "duration song_length song_duration trackduration tijdsduur längd duration_ms durationms"
    " durationseconds duration_seconds length track_length media_duration_in_milliseconds length_ms"
    " track_duration track_duration_ms duration_min duration_minutes length_s dauer länge durée duración"
    " durata duração duur czas_trwania длительность spieldauer titellänge varaktighet varighed kesto délka"
    " süre 長さ 再生時間 时长 時長 길이"
)
MICROSECONDS: Final = words("us µs μs usec micros microsecond microseconds mikrosekunden microsecondes")
MILLISECONDS: Final = words(
    "ms msec msecs millis millisecond milliseconds millisekunden millisecondes milisegundos millisecondi"
    " milliseconden millisekunder milisekundy миллисекунды ミリ秒 毫秒"
)
SECONDS: Final = words(
    "s sec secs second seconds sek sekunden segundos secondes secondi seconden sekunder sekuntia sekundy"
    " saniye сек секунды 秒 초"
)
MINUTES: Final = words(
    "m min mins minute minutes minuten minutos minuti minuter minutter minuuttia minuty dakika мин минуты"
    " 分 分钟 분"
)
HOURS: Final = words(
    "h hr hrs hour hours stunden heures horas ore uren timmar timer godziny saat часы 時間 小时 시간"
)
"""What stands behind the name of a length, for its unit."""
NAMING: Final = words(
    "name names nom nome nombre naam namn navn nazwa název nimi adı isim имя название de del della du des"
    " do da la le il of the der die das dell d l 名 名前 名称 이름"
)
"""What stands beside what a column holds: ``nombre de la canción``."""
