{#
  The value that ranks first in its group: most time, then most plays, then name, then id, so that
  the same listens always name the same winner. For rows with ms_ranked and plays.
#}
{% macro top_of(value, name, id) -%}
  arg_min_null({{ value }}, (-ms_ranked, -plays, {{ name }}, {{ id }})) filter (where {{ name }} is not null)
{%- endmacro %}
