#ifndef LIMITS_H
#define LIMITS_H

/*
 * limits: sizes that more than one room keeps to.
 *
 * Here, below all of them, is the number; a room whose own name says more derives it.
 */

#define URL_BYTES_MAX    8192 /* of a canonical URL; longer, also before "..", is an error */
#define HOST_BYTES_MAX   1024 /* as written and as canonical; DNS carries 253 */
#define ORIGIN_BYTES_MAX (HOST_BYTES_MAX + 16) /* with "https://" and ":65535" */

#endif
