"""How often somebody may ask for a link or try one."""

from projects.access.tries import Limit

# A person who looks for a letter asks twice or three times; a letterbox must not be filled by a stranger.
LETTERS_TO_AN_ADDRESS = Limit("letters", 3, 3600)
ERASURE_LETTERS = Limit("erasure", 3, 3600)
LETTERS_FROM_A_NETWORK = Limit("asked", 20, 3600)
WRONG_LINKS_FROM_A_NETWORK = Limit("wrong", 20, 15 * 60)
