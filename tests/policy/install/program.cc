#include <cstdio>
#include <monologue.h>
#include <string>

int main()
{
    monologue_options options{};
    options.timeout_ms = 5000;
    monologue_blocking *m = nullptr;
    if (monologue_blocking_new(&options, &m) || monologue_blocking_connect(m))
        return 1;
    std::string id(MONOLOGUE_ID_CHARS, ' ');
    monologue_blocking_connection_id(m, id.data());
    std::puts(id.c_str());
    monologue_blocking_free(m);
}
