{#
  Streams a model into <external_root>/<model>.parquet and puts a view over the file.

  dbt-duckdb's own `external` materialisation first copies the model into a table in memory, and
  writes a row of nulls when there are no rows. This one does neither: the plan runs out of core,
  and an empty mart is an empty file with the right types.
#}
{% materialization parquet, adapter="duckdb" %}
  {%- set target_relation = this.incorporate(type='view') -%}
  {%- set location = adapter.external_root() ~ '/' ~ this.identifier ~ '.parquet' -%}

  {{ run_hooks(pre_hooks) }}

  {%- if config.get('contract').enforced -%}
    {{ get_assert_columns_equivalent(sql) }}
  {%- endif -%}

  {% call statement('write') -%}
    copy (
      {{ sql }}
    ) to '{{ location | replace("'", "''") }}' (format parquet, compression zstd)
  {%- endcall %}

  {% call statement('main') -%}
    create or replace view {{ target_relation }} as
    select * from read_parquet('{{ location | replace("'", "''") }}')
  {%- endcall %}

  {{ run_hooks(post_hooks) }}
  {{ adapter.commit() }}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
