"""OEA Contoso: a student system, an attendance system and Moodle, linked by their numbers."""
