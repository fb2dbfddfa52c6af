"""What is published, kept in a PostgreSQL database that BI tools read. Nothing is judged, derived or left out here."""
