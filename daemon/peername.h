/*
 * Who is at the other end of a socket, in print.
 */
#pragma once

enum { PEERNAME_CHARS = 64 }; /* room for any, NUL included */

/* For logs: "192.0.2.1:4711", "[2001:db8::1]:4711" or "unix", or "gone" of a
 * peer that is no longer there. */
void peername_print(int fd, char text_out[PEERNAME_CHARS]);

/* The address alone; of a Unix socket, which has none, "127.0.0.1". */
void peername_print_ip(int fd, char text_out[PEERNAME_CHARS]);
