/** The HTTP/1.1 server of the engine: connections, requests, responses, and the table of routes. */
@NullMarked
package io.jukung.engine.http;

import org.jspecify.annotations.NullMarked;
