package io.jukung.engine.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The path of a request and the parameters behind it, decoded. */
public final class Query {
  /** A build has a parameter for each tag and cache source, a save one for each image. */
  static final int MAX_PARAMETERS = 4096;

  private final String path;
  private final Map<String, List<String>> values;

  /** Written by the thread of the request, and read by tests of it. */
  private final Set<String> asked = ConcurrentHashMap.newKeySet();

  /**
   * Reads the address of a request.
   *
   * @throws HttpError 400 if it cannot be decoded, or has too many parameters
   */
  public Query(String uri) {
    // The decoder drops what is over its bound without a word, so it may find one more.
    QueryStringDecoder decoder =
        QueryStringDecoder.builder().maxParams(MAX_PARAMETERS + 1).build(uri);
    try {
      this.path = decoder.path();
      this.values = decoder.parameters();
    } catch (IllegalArgumentException e) {
      throw HttpError.badRequest("the path of the request is wrong: " + e.getMessage());
    }
    if (values.values().stream().mapToInt(List::size).sum() > MAX_PARAMETERS) {
      throw HttpError.badRequest("the request has more than " + MAX_PARAMETERS + " parameters");
    }
  }

  String path() {
    return path;
  }

  /**
   * The names that were asked for so far: the test of the whole API finds by them a parameter that
   * a route ignores.
   */
  Set<String> asked() {
    return asked;
  }

  /** The parameter's first value; empty if it is missing or has no text. */
  public Optional<String> text(String name) {
    return all(name).stream().findFirst().filter(each -> !each.isEmpty());
  }

  /** All values of a parameter that may be repeated. */
  public List<String> all(String name) {
    asked.add(name);
    return values.getOrDefault(name, List.of());
  }

  /** Whether a parameter is set, as docker reads truth: anything but a word for no. */
  public boolean flag(String name, boolean otherwise) {
    asked.add(name);
    if (!values.containsKey(name)) {
      return otherwise;
    }
    String word = text(name).orElse("").strip().toLowerCase(Locale.ROOT);
    return !List.of("", "0", "no", "false", "none").contains(word);
  }

  /**
   * Refuses parameters that nothing can carry out.
   *
   * @throws HttpError 501 that names one that is set
   */
  public void refuseFlags(String... names) {
    for (String each : names) {
      if (flag(each, false)) {
        throw HttpError.notImplemented("the parameter " + each);
      }
    }
  }

  /** As {@link #refuseFlags}, for numbers: one that is zero is not set. */
  public void refuseNumbers(Collection<String> names) {
    for (String each : names) {
      if (number(each).orElse(0L) != 0) {
        throw HttpError.notImplemented("the parameter " + each);
      }
    }
  }

  /**
   * A whole number.
   *
   * @throws HttpError 400 if it is none
   */
  public Optional<Long> number(String name) {
    return text(name)
        .map(
            text -> {
              try {
                return Long.parseLong(text);
              } catch (NumberFormatException e) {
                throw HttpError.badRequest(name + " is not a number: \"" + text + "\"");
              }
            });
  }

  /**
   * A point in time; empty if it is missing or zero.
   *
   * @throws HttpError 400 if it is none
   */
  public Optional<Instant> time(String name) {
    return text(name).filter(text -> !text.equals("0")).map(text -> ApiTime.parse(name, text));
  }

  /**
   * A parameter that is JSON.
   *
   * @return an empty object if it is missing
   * @throws HttpError 400 if it is no JSON
   */
  public JsonNode json(String name) {
    Optional<String> text = text(name);
    if (text.isEmpty()) {
      return JsonNodeFactory.instance.objectNode();
    }
    try {
      return Json.MAPPER.readTree(text.get());
    } catch (JsonProcessingException e) {
      throw HttpError.badRequest("invalid " + name + ": " + e.getOriginalMessage());
    }
  }
}
