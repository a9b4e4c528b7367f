/**
 * What the commands share: the process's environment, the connection to the daemon, errors with
 * their exit codes, and the templates of commands.
 */
@NullMarked
package io.jukung.cli.command;

import org.jspecify.annotations.NullMarked;
