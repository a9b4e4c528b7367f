/** Runtime handlers: containers that a runtime of the OCI runs, such as runc. */
@NullMarked
package io.jukung.runtime.handler;

import org.jspecify.annotations.NullMarked;
