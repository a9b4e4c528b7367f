package io.jukung.engine.http;

import java.io.IOException;

/** Answers the requests of one route, each on a thread of its own. */
public interface Handler {
  /**
   * Answers one request. A failure before anything is sent becomes an error response, a later one
   * ends the connection.
   */
  void handle(Exchange exchange) throws IOException, InterruptedException;
}
