"""The SQL marts, made by dbt."""
