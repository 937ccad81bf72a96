#ifndef PROXY_CHOICE_H
#define PROXY_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * proxy_choice: by which proxies a host may be asked, as the config says it.
 *
 * The proxies themselves are numbered from 1, all of a config together (config_proxy()): a job
 * says the number, so that no password is ever in a message.
 */

/* A proxy of the config. */
struct config_proxy {
	const char *url; /* what libcurl is told, with name and password */
	const char
		*name; /* what may be shown: "socks5h://127.0.0.1:1080", and no two are the same */
	unsigned others;     /* that have its host and port, and came after it */
	bool is_one_of_many; /* others have its host and port: who asks is all that tells them apart
			      */
};

enum proxy_said {
	PROXY_UNSAID, /* the environment counts (worker/proxy.h) */
	PROXY_NONE,   /* directly, whatever the environment says */
	PROXY_LIST,   /* by one of these, and never directly */
};

/* When does a host, or who asks, go on to the next proxy? */
enum proxy_rotate {
	PROXY_ROTATE_HOST,    /* each host has its own, as long as that works */
	PROXY_ROTATE_REQUEST, /* each request has the next */
	PROXY_ROTATE_FAILURE, /* all go by one, until it fails */
};

struct proxy_choice {
	enum proxy_said said;
	enum proxy_rotate rotate;
	const uint32_t *numbers;
	size_t count;
	bool is_typed;       /* of a flag: until it has answered, it may be a slip */
	bool heeds_no_proxy; /* as curl has it for --proxy: what no_proxy names is asked directly */
};

#define CONFIG_PROXIES_MAX 4096

#endif
