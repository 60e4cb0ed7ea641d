{#
  The value that ranks first in its group: most time, then most plays, then name, then id, so that
  the same listens always name the same winner. For rows with ms_estimated and plays.
#}
{% macro top_of(value, name, id) -%}
  min_by({{ value }}, (-ms_estimated, -plays, {{ name }}, {{ id }})) filter (where {{ name }} is not null)
{%- endmacro %}
