#ifndef PORT_H
#define PORT_H

/*
 * port: a port of 127.0.0.1 that no other process gets while it is held.
 *
 * Nobody listens there.  Only who is told its number and binds to it with SO_REUSEADDR does: a
 * server of ours, which most do.
 */

/*
 * Hold *port; 0: any that is free, which it becomes.  Returns a descriptor that the caller closes,
 * or -1: it is taken.
 */
int port_hold(unsigned *port);

#endif
