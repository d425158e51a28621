from django_tasks import task


@task()
def add(one: int, other: int) -> int:
    return one + other
