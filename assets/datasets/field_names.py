"""What datasets call each field of a track, in many languages; of several names the likelier comes first."""

from collections.abc import Mapping
from typing import Final

from assets.listening.column_names import (
    ALBUM,
    ARTIST,
    HOURS,
    LENGTH,
    MICROSECONDS,
    MILLISECONDS,
    MINUTES,
    SECONDS,
    TRACK,
    words,
)

_TITLE = words(
    "title track_name song_name song_title track_title recording_name song name track liedtitel"
    " songtitel musiktitel titre_morceau titre_chanson nom_morceau título_canción título_tema"
    " titolo_brano nome_brano título_música nome_música tittel tytuł_utworu biisi 楽曲 楽曲名 曲名称"
    " 곡명 노래제목 cím dal dalcím titlu piesă melodie τίτλος τραγούδι назва заглавие naslov pjesma"
    " názov pieseň skladba_název názov_skladby nom nombre nome naam namn navn nazwa název nimi isim"
    " titlul titre_original songs chansons canciones canzoni lieder songs_title"
)
_ARTIST = words(
    "artist artist_name artists artist_names artists_name artist_s_name track_artist artists_names"
    " performer band singer artist_credit musician bandname künstlername sänger sängerin kuenstler"
    " kuenstlername gruppe chanteur chanteuse groupe cantor banda grupo zanger zangeres zespół"
    " sångare laulaja yhtye zpěvák kapela şarkıcı группа певец музыкант előadó καλλιτέχνης"
    " アーティスト名 歌手名 演唱者 가수명 izvođač pjevač izvajalec изпълнител τραγουδιστής"
    " interpret_in interpreți trupă künstlers interpreten sängers musikers bands artistas interpreter"
)
_GENRE = words(
    "genre genres track_genre track_genres top_genre genre_top main_genre playlist_genre music_genre"
    " artist_genres genre_s genre_name genre_names primary_genre primary_genre_name album_genres"
    " album_genre genre_musical musikgenre musikrichtung musikstil stilrichtung stil style styles"
    " gattung género géneros género_musical estilo genere generi genere_musicale stile gênero gêneros"
    " gênero_musical muziekgenre stijl muziekstijl gatunek gatunki gatunek_muzyczny styl genrer"
    " sjanger sjangere stilart tyylilaji genret musiikkityyli žánr žánry tür türü müzik_türü жанр"
    " жанры стиль стили műfaj műfajok stílus gen_muzical είδος ジャンル 音楽ジャンル 流派 类型 類型"
    " 曲风 曲風 风格 風格 장르 genre_tags subgenre sub_genre žáner vrsta gen genuri style_musical"
    " stylistique"
)
_MOOD = words(
    "mood moods mood_label mood_tag emotion track_mood mood_s mood_name mood_tags mood_labels"
    " emotions feeling stimmung stimmungen laune gefühl humeur humeurs ambiance émotion émotions"
    " estado_ánimo ánimo emoción emociones umore umori stato_animo stato_d_animo atmosfera emozione"
    " humor estado_espírito emoção emoções stemming stemmingen sfeer nastrój nastroje stämning"
    " stämningar humör stemninger humør stemning tunnelma mieliala nálada nálady ruh_hali duygu"
    " настроение настроения эмоция настрій hangulat stare dispoziție διάθεση ムード 気分 情绪 情緒"
    " 心情 분위기 기분 vibe vibes feel raspoloženje stimmungslage gemütslage état_esprit"
)
_DURATION = words(
    "duration_ms track_duration_ms length_ms duration_milliseconds milliseconds duration duration_s"
    " duration_sec duration_secs duration_seconds track_duration length_s length_seconds length"
    " seconds duration_min duration_minutes"
)
_ALSO_DURATION = words(
    "running_time runtime run_time playing_time playtime play_time track_time total_time laufzeit"
    " gesamtdauer abspieldauer spielzeit laenge songlänge liedlänge longueur largo lunghezza duracao"
    " lengte speelduur tijdsduur długość längd speltid lengde spilletid varighet pituus uzunluk"
    " продолжительность тривалість hossz időtartam durată διάρκεια 再生時間 曲の長さ 持续时间"
    " 재생시간 længde trajanje dĺžka продължителност durata_brano czas_utworu dur time"
)
_YEAR = words(
    "year release_year released_year album_year track_year release_date album_release_date"
    " track_album_release_date released date_released year_released year_release date_release"
    " releaseyear releasedate original_release_date first_release_date original_year recording_year"
    " publication_year publish_date publication_date jahr erscheinungsjahr veröffentlichungsjahr"
    " erscheinungsdatum veröffentlichungsdatum veröffentlicht veröffentlichung veroeffentlichungsjahr"
    " releasejahr année année_sortie année_parution date_sortie date_parution sortie parution año"
    " año_lanzamiento fecha_lanzamiento año_publicación fecha_publicación lanzamiento anno"
    " anno_uscita anno_pubblicazione data_uscita data_pubblicazione uscita ano ano_lançamento"
    " data_lançamento lançamento jaar jaar_uitgave uitgavejaar jaar_uitgifte releasejaar releasedatum"
    " verschijningsdatum verschijningsjaar uitgebracht rok rok_wydania data_wydania år utgivningsår"
    " utgivningsdatum utgivelsesår utgivelsesdato udgivelsesår udgivelsesdato utgitt vuosi"
    " julkaisuvuosi julkaisupäivä rok_vydání datum_vydání yıl yılı çıkış_yılı yayın_yılı çıkış_tarihi"
    " год год_выпуска год_выхода дата_выхода дата_выпуска год_релиза дата_релиза рік рік_випуску év"
    " megjelenés_éve megjelenés megjelenés_dátuma anul an_lansare έτος 年 発売年 発売日 リリース年"
    " リリース日 年份 发行年份 發行年份 发行日期 發行日期 发行时间 연도 발매년도 발매일 발매연도"
    " album_released yr godina година rok_vydania jahrgang publié_en album_date"
)
_ENERGY = words(
    "energy energy_level energy_score energie énergie energía energia energi energiniveau energienivå"
    " energiataso enerji энергия энергичность енергія ενέργεια エネルギー 能量 活力 에너지 енергия"
    " energija nrgy"
)
_TEMPO = words(
    "tempo bpm tempo_bpm beats_per_minute beats_minute beats_a_minute bpms schläge_pro_minute"
    " geschwindigkeit battements_par_minute pulsations_par_minute pulsaciones_por_minuto"
    " latidos_por_minuto battiti_al_minuto batidas_por_minuto slagen_per_minuut uderzenia_na_minutę"
    " slag_per_minut slag_i_minuttet iskua_minuutissa úderů_za_minutu темп темп_bpm уд_мин テンポ"
    " 速度 节奏 節奏 템포 ppm tempo_beats_per_minute bpm_tempo"
)
_SPOTIFY_ID = words(
    "spotify_id spotify_track_id spotify_uri spotify_track_uri track_uri uri spotify_url track_url"
    " track_id trackid id spotify_track spotify_link spotify_track_url spotify_song_id song_id"
    " track_link track_href external_urls_spotify url link href spotify"
)
_ISRC = words("isrc track_isrc external_ids_isrc isrc_code code_isrc isrc_s isrcs isrc_number recording_code")
_NUMBERED = frozenset(("disc", "item_description"))
"""What tables of plays call an album or a title, and datasets something else."""
TIME_UNITS: Final[Mapping[str, float]] = {
    **dict.fromkeys(("ns", "nanoseconds"), 1e-9),
    **dict.fromkeys((*MICROSECONDS, "microsecs"), 1e-6),
    **dict.fromkeys((*MILLISECONDS, "millisecs", "msek", "мс"), 1e-3),
    **dict.fromkeys((*SECONDS, "seg", "segs", "sekundit", "másodperc"), 1.0),
    **dict.fromkeys(MINUTES, 60.0),
    **dict.fromkeys((*HOURS, "std", "ч", "час", "godz"), 3600.0),
}
"""Seconds that a unit is, by its names."""
_LONG_UNIT = 5
"""Letters: a column that is called by such a unit alone is a length."""

_ALL: Final[Mapping[str, tuple[str, ...]]] = {
    "title": (*_TITLE, *TRACK),
    "artist": (*_ARTIST, *ARTIST),
    "genre": _GENRE,
    "album": (*words("album album_name album_title track_album_name release release_name"), *ALBUM),
    "mood": _MOOD,
    "duration": (
        *_DURATION,
        *LENGTH,
        *_ALSO_DURATION,
        *(unit for unit in TIME_UNITS if len(unit) >= _LONG_UNIT),
    ),
    "year": _YEAR,
    "energy": _ENERGY,
    "tempo": _TEMPO,
    "spotify_id": _SPOTIFY_ID,
    "isrc": _ISRC,
}
FIELD_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    field: tuple(name for name in dict.fromkeys(names) if name not in _NUMBERED)
    for field, names in _ALL.items()
}
