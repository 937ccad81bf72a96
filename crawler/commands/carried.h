#ifndef CARRIED_H
#define CARRIED_H

#include "cli/options.h"
#include "config/config.h"

/* carried: who is sent what, and treated how, in words without any value (host_request.h). */

/* All that a config says: of all hosts, and of the rules that say more. */
void carried_say(const struct config *config);

/* The same of one host, "http://name:port", if there is anything to say of it in particular. */
void carried_say_host(const struct config *config, struct slice origin);

/* Whose certificates are not looked at, if there are any: of a run, and of one URL. */
void carried_say_unverified(const struct config *config);
void carried_say_unverified_url(const struct options *options, struct slice url);

#endif
