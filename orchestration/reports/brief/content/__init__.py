"""What each kind of briefing holds: rows chosen and put into blocks. No arithmetic, no query, no sentence."""
