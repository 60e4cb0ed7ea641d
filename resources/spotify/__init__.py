"""The Spotify Web API and the accounts linked to it: tokens, the call budget, what was looked up."""
