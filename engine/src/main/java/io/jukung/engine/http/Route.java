package io.jukung.engine.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A line in the table of routes.
 *
 * @param path with the names of its parameters, such as {@code /containers/{id}/json}; a parameter
 *     named {@code name} may contain slashes, as names of images do
 * @param since the first version of the API that has the route
 */
public record Route(String method, String path, ApiVersion since, Handler handler) {
  private static final Pattern PARAMETER = Pattern.compile("\\{([a-z]+)}");

  /** A route with the expression that its path has become. */
  static final class Compiled {
    private final Route route;
    private final Pattern expression;
    private final List<String> names = new ArrayList<>();

    Compiled(Route route) {
      this.route = route;
      StringBuilder text = new StringBuilder();
      Matcher matcher = PARAMETER.matcher(route.path());
      int end = 0;
      while (matcher.find()) {
        text.append(Pattern.quote(route.path().substring(end, matcher.start())));
        text.append(matcher.group(1).equals("name") ? "(.+)" : "([^/]+)");
        names.add(matcher.group(1));
        end = matcher.end();
      }
      text.append(Pattern.quote(route.path().substring(end)));
      this.expression = Pattern.compile(text.toString());
    }

    Route route() {
      return route;
    }

    /** The values of the parameters; empty if the path is not this route's. */
    Optional<Map<String, String>> match(String method, String path) {
      if (!route.method().equals(method)) {
        return Optional.empty();
      }
      Matcher matcher = expression.matcher(path);
      if (!matcher.matches()) {
        return Optional.empty();
      }
      Map<String, String> values = new TreeMap<>();
      for (int i = 0; i < names.size(); i++) {
        values.put(names.get(i), matcher.group(i + 1));
      }
      return Optional.of(values);
    }
  }
}
