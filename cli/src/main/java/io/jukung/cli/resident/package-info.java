/**
 * The resident client: a JVM that stays for some minutes and runs the commands that the starter,
 * the program {@code bin/jukung}, hands to it.
 */
@NullMarked
package io.jukung.cli.resident;

import org.jspecify.annotations.NullMarked;
