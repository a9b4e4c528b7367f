/**
 * Descriptors that an event loop waits for, and its clock: epoll, pipes, eventfds, unix sockets
 * with descriptor passing. The package uses raw system calls instead of java.nio, whose channels
 * cost memory in each shim and hide descriptor numbers, credentials and ancillary data.
 */
@NullMarked
package io.jukung.linux.io;

import org.jspecify.annotations.NullMarked;
