/**
 * Descriptors that one thread waits for: epoll, pipes, eventfds, unix sockets with descriptor
 * passing. On raw system calls instead of java.nio, whose channels cost each shim memory and hide
 * descriptor numbers, credentials and ancillary data.
 */
@NullMarked
package io.jukung.linux.io;

import org.jspecify.annotations.NullMarked;
