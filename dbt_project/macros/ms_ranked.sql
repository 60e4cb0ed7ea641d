{#
  What time ranks by, in a grouped query of listens: the time known, where it is known of at least half the plays of the
  partition; else nothing, so that plays rank. A little time known of few plays makes nobody a favourite.
#}
{% macro ms_ranked(partition) -%}
  case
    when sum(count(listens.ms_estimated)) over (partition by {{ partition }}) * 2
      >= sum(count(*)) over (partition by {{ partition }}) then coalesce(sum(listens.ms_estimated), 0)
    else 0
  end
{%- endmacro %}
