package io.jukung.engine.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The table of routes. The first line that fits a request answers it. Filled before the server
 * starts, and only read from then on.
 */
public final class Router {
  private static final Pattern VERSIONED = Pattern.compile("/v([0-9.]+)(/.*)");

  private final List<Route.Compiled> routes = new ArrayList<>();

  /** What answers a request. */
  record Found(Handler handler, ApiVersion version, Map<String, String> parameters) {}

  public Router get(String path, Handler handler) {
    return add("GET", path, handler);
  }

  public Router post(String path, Handler handler) {
    return add("POST", path, handler);
  }

  public Router put(String path, Handler handler) {
    return add("PUT", path, handler);
  }

  public Router delete(String path, Handler handler) {
    return add("DELETE", path, handler);
  }

  public Router head(String path, Handler handler) {
    return add("HEAD", path, handler);
  }

  private Router add(String method, String path, Handler handler) {
    return add(new Route(method, path, ApiVersion.OLDEST, handler));
  }

  /** Adds a route that only newer versions of the API have. */
  public Router add(Route route) {
    routes.add(new Route.Compiled(route));
    return this;
  }

  /** The routes in the order in which they are tried. */
  public List<Route> routes() {
    return routes.stream().map(Route.Compiled::route).toList();
  }

  /**
   * Finds the route of a request.
   *
   * @param path decoded, with or without the version in front
   * @throws HttpError 400 for a version that is not served, 404 for a path that is not there
   */
  Found find(String method, String path) {
    Matcher versioned = VERSIONED.matcher(path);
    ApiVersion version = ApiVersion.NEWEST;
    String plain = path;
    if (versioned.matches()) {
      version = ApiVersion.parse(versioned.group(1));
      version.requireServed();
      plain = versioned.group(2);
    }
    for (Route.Compiled each : routes) {
      if (version.compareTo(each.route().since()) < 0) {
        continue;
      }
      Optional<Map<String, String>> parameters = each.match(method, plain);
      if (parameters.isPresent()) {
        return new Found(each.route().handler(), version, parameters.get());
      }
    }
    throw HttpError.notFound("page not found");
  }
}
