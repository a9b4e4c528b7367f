/**
 * Launches of processes: programs of system calls, the machine code that runs them, and the thread
 * that prepares them.
 */
@NullMarked
package io.jukung.linux.launch;

import org.jspecify.annotations.NullMarked;
