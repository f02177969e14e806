/*
 * The management API: POST, GET and DELETE of /{stage}/@connections/{id}.
 */
#pragma once

#include "daemon/errand.h"
#include "daemon/target.h"
#include "proto/http.h"

struct connection;

/*
 * Answers a request of @c, now or when another worker has done its part.
 * @kind: TARGET_CONNECTION, with @id; TARGET_CONNECTIONS or TARGET_BAD_ID
 */
void management_answer(struct connection *c, const struct http_reader *request,
                       enum target_kind kind, const struct connid *id);

/* Answers the asker of @errand, if it is still there, by its outcome. */
void management_conclude(const struct errand *errand);
