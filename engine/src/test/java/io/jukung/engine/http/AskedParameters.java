package io.jukung.engine.http;

import java.util.Set;

/**
 * Tells which parameters of a request its route has asked for. For requests one after the other.
 */
public final class AskedParameters {
  private volatile Set<String> last = Set.of();

  /** The routes of a router, each of which is watched. */
  public Router watching(Router router) {
    Router watched = new Router();
    for (Route each : router.routes()) {
      watched.add(
          new Route(
              each.method(),
              each.path(),
              each.since(),
              exchange -> {
                last = exchange.query().asked();
                each.handler().handle(exchange);
              }));
    }
    return watched;
  }

  /** The parameters that the last request was asked for; grows while the request is answered. */
  public Set<String> ofLastRequest() {
    return last;
  }

  /** To be called before a request that may be refused before it reaches a route. */
  public void forget() {
    last = Set.of();
  }
}
