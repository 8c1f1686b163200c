"""Storage of identity, one module a family of tables. Times are the database's."""
