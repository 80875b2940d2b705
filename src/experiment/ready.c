/* ready.c - is a target ready to be put under load? */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/own.h"
#include "experiment/runner.h"

static int refuse(const char *word, struct err *err)
{
	return err_say(err, EINVAL,
		       "--ready-when is port:[HOST:]PORT, line:TEXT or file:PATH, not '%s'", word);
}

/* "8080" or "HOST:8080"; a host in brackets may have colons. */
static int parse_port(struct ready_when *r, const char *word)
{
	const char *colon = strrchr(word, ':'), *port = colon ? colon + 1 : word;
	size_t len = colon ? (size_t)(colon - word) : 0;
	unsigned long number = strtoul(port, NULL, 10);

	if (!*port || strspn(port, "0123456789") != strlen(port) || number < 1 || number > 65535)
		return -EINVAL;
	if (len >= 2 && word[0] == '[' && word[len - 1] == ']') {
		word++;
		len -= 2;
	}
	r->host = len ? xstrndup(word, len) : xstrndup("localhost", 9);
	r->port = xstrndup(port, strlen(port));
	r->kind = READY_PORT;
	return 0;
}

int ready_parse(struct ready_when *ret, const char *word, struct err *err)
{
	*ret = (struct ready_when){ .kind = READY_AT_ONCE };
	if (!word)
		return 0;
	if (strncmp(word, "port:", 5) == 0)
		return parse_port(ret, word + 5) < 0 ? refuse(word, err) : 0;
	if (strncmp(word, "line:", 5) == 0)
		ret->kind = READY_LINE;
	else if (strncmp(word, "file:", 5) == 0)
		ret->kind = READY_FILE;
	if (ret->kind == READY_AT_ONCE || !word[5])
		return refuse(word, err);
	ret->text = xstrndup(word + 5, strlen(word + 5));
	return 0;
}

void ready_done(struct ready_when *r)
{
	free(r->host);
	free(r->port);
	free(r->text);
	*r = (struct ready_when){ .kind = READY_AT_ONCE };
}

static bool accepts(const struct addrinfo *a)
{
	OWN_FD int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
	const struct timeval patience = { .tv_sec = 1 }; /* also of connect(2): socket(7) */

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0;
}

static bool port_accepts(const struct ready_when *r)
{
	struct addrinfo wanted = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	bool found = false;

	if (getaddrinfo(r->host, r->port, &wanted, &list) != 0)
		return false;
	for (const struct addrinfo *a = list; a && !found; a = a->ai_next)
		found = accepts(a);
	freeaddrinfo(list);
	return found;
}

static bool line_is_there(const char *path, const char *text)
{
	OWN_FILE FILE *f = fopen(path, "re");
	OWN_MEM char *line = NULL;
	size_t cap = 0;
	bool found = false;

	while (f && !found && getline(&line, &cap, f) > 0)
		found = strstr(line, text) != NULL;
	return found;
}

/* One of an earlier run does not count. */
static bool file_is_there(const char *path, uint64_t since_ns)
{
	struct stat st;

	return stat(path, &st) == 0 &&
	       (uint64_t)st.st_mtim.tv_sec * 1000000000U + (uint64_t)st.st_mtim.tv_nsec >= since_ns;
}

bool ready_is(const struct ready_when *r, const char *output, uint64_t since_ns)
{
	switch (r->kind) {
	case READY_AT_ONCE:
		return true;
	case READY_PORT:
		return port_accepts(r);
	case READY_LINE:
		return line_is_there(output, r->text);
	case READY_FILE:
		return file_is_there(r->text, since_ns);
	}
	return false;
}
