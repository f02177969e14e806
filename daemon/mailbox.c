#include "daemon/mailbox.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/errand.h"
#include "daemon/snapshot.h"

struct mail *mail_new(enum mail_kind kind)
{
    struct mail *mail = calloc(1, sizeof *mail);
    if (!mail)
        return NULL;
    list_init(&mail->link);
    mail->kind = kind;
    mail->socket.fd = -1;
    return mail;
}

void mail_free(struct mail *mail)
{
    if (!mail)
        return;
    if (mail->socket.fd >= 0)
        close(mail->socket.fd);
    snapshot_unref(mail->snapshot);
    errand_free(mail->errand);
    bytes_deinit(&mail->records);
    free(mail);
}

int mail_append(struct mail *mail, const struct connid *to,
                const struct connid *from, const void *payload, size_t size,
                size_t limit)
{
    struct mail_record record = {
        .to = *to, .from = *from, .size = (uint32_t)size};
    uint8_t *tail;
    int rc = bytes_reserve(&mail->records, sizeof record + size, limit, &tail);
    if (rc)
        return rc;
    memcpy(tail, &record, sizeof record);
    if (size)
        memcpy(tail + sizeof record, payload, size);
    bytes_commit(&mail->records, sizeof record + size);
    mail->n_records++;
    return 0;
}

bool mail_next(const struct mail *mail, size_t *offset,
               struct mail_record *record_out, const uint8_t **payload_out)
{
    if (*offset == bytes_size(&mail->records))
        return false;
    const uint8_t *at = bytes_begin(&mail->records) + *offset;
    memcpy(record_out, at, sizeof *record_out);
    *payload_out = at + sizeof *record_out;
    *offset += sizeof *record_out + record_out->size;
    return true;
}

int mailbox_init(struct mailbox *mailbox, size_t limit, mailbox_cb cb,
                 void *data)
{
    *mailbox = (struct mailbox){.limit = limit, .cb = cb, .data = data};
    list_init(&mailbox->queue);
    mailbox->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (mailbox->wake_fd < 0)
        return -errno;
    int rc = uv_mutex_init(&mailbox->mutex);
    if (rc)
        close(mailbox->wake_fd);
    return rc;
}

/*
 * Either the poster sees that we sleep or we see its mail, because both write
 * their own word before they read the other's, in an order that all agree on.
 */
bool mailbox_may_sleep(struct mailbox *mailbox)
{
    atomic_store(&mailbox->is_asleep, true);
    return !atomic_load(&mailbox->has_mail);
}

void mailbox_drain(struct mailbox *mailbox)
{
    struct list mails;
    atomic_store_explicit(&mailbox->is_asleep, false, memory_order_relaxed);
    if (!atomic_load_explicit(&mailbox->has_mail, memory_order_relaxed))
        return;
    list_init(&mails);
    uv_mutex_lock(&mailbox->mutex);
    list_splice(&mails, &mailbox->queue);
    mailbox->n_bytes = 0;
    atomic_store(&mailbox->has_mail, false);
    uv_mutex_unlock(&mailbox->mutex);
    while (!list_is_empty(&mails)) {
        struct mail *mail = list_entry(mails.next, struct mail, link);
        list_remove(&mail->link);
        mailbox->cb(mail, mailbox->data);
    }
}

bool mailbox_close(struct mailbox *mailbox)
{
    uv_mutex_lock(&mailbox->mutex);
    mailbox->is_closed = list_is_empty(&mailbox->queue);
    bool is_closed = mailbox->is_closed;
    uv_mutex_unlock(&mailbox->mutex);
    return is_closed;
}

void mailbox_deinit(struct mailbox *mailbox)
{
    list_for_each (node, after, &mailbox->queue)
        mail_free(list_entry(node, struct mail, link));
    uv_mutex_destroy(&mailbox->mutex);
    close(mailbox->wake_fd);
}

/* Without a reader the count only grows: by one for each sleep. */
static void wake_sleeper(struct mailbox *mailbox)
{
    const uint64_t one = 1;
    if (!atomic_exchange(&mailbox->is_asleep, false))
        return;
    ssize_t n = write(mailbox->wake_fd, &one, sizeof one);
    assert(n == sizeof one);
    (void)n;
}

/* With the mutex held. */
static int enqueue(struct mailbox *mailbox, struct mail *mail)
{
    size_t size = mail->kind == MAIL_PACKETS ? bytes_size(&mail->records) : 0;
    if (mailbox->is_closed)
        return -EPIPE;
    if (size > mailbox->limit - mailbox->n_bytes)
        return -ENOBUFS;
    mailbox->n_bytes += size;
    list_append(&mailbox->queue, &mail->link);
    atomic_store(&mailbox->has_mail, true);
    return 0;
}

bool mailbox_has_mail(const struct mailbox *mailbox)
{
    return atomic_load(&mailbox->has_mail);
}

int mailbox_post(struct mailbox *mailbox, struct mail *mail)
{
    uv_mutex_lock(&mailbox->mutex);
    int rc = enqueue(mailbox, mail);
    uv_mutex_unlock(&mailbox->mutex);
    if (rc == 0)
        wake_sleeper(mailbox);
    return rc;
}

void mailbox_ring(struct mailbox *mailbox)
{
    uv_mutex_lock(&mailbox->mutex);
    atomic_store(&mailbox->has_mail, true); /* a turn is due, if an empty one */
    uv_mutex_unlock(&mailbox->mutex);
    wake_sleeper(mailbox);
}
