from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "projects.matching"
    label = "matching"

    def ready(self) -> None:
        from projects.giving.donor_refs import needed_when
        from projects.matching.queries import caps_donors

        needed_when(caps_donors)
