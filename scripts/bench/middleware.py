"""Counts a request's SQL queries when its `X-Count-Queries` header asks for it."""

from django.db import connection


def count_queries(get_response):
    def middleware(request):
        if "X-Count-Queries" not in request.headers:
            return get_response(request)
        count = 0

        def counted(execute, *args):
            nonlocal count
            count += 1
            return execute(*args)

        with connection.execute_wrapper(counted):
            response = get_response(request)
        response["X-Queries"] = str(count)
        return response

    return middleware
