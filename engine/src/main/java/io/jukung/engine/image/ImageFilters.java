package io.jukung.engine.image;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cri.v1.Image;
import io.jukung.engine.daemon.ImageNames;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.request.Filters;
import io.jukung.engine.request.ImageDefaults;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Which images a list or a prune is about: the parameter {@code filters}. For one request. */
final class ImageFilters {
  private static final Set<String> OF_LISTS =
      Set.of("before", "dangling", "label", "label!", "reference", "since", "until");

  private static final Set<String> OF_PRUNES = Set.of("dangling", "label", "label!", "until");

  private final Filters filters;
  private final Instant after;
  private final Instant before;

  private ImageFilters(Filters filters, Instant after, Instant before) {
    this.filters = filters;
    this.after = after;
    this.before = before;
  }

  /**
   * The filters of a list.
   *
   * @throws HttpError 400 for an unknown key, 404 if before or since names an image that is not
   *     here
   */
  static ImageFilters ofList(JsonNode json, Lookup lookup) {
    Filters filters = new Filters(json, OF_LISTS);
    Instant before = until(filters);
    for (String each : filters.get("before")) {
      before = earlier(before, created(ImageDefaults.specification(lookup.image(each))));
    }
    Instant after = Instant.MIN;
    for (String each : filters.get("since")) {
      Instant bound = created(ImageDefaults.specification(lookup.image(each)));
      after = bound.isAfter(after) ? bound : after;
    }
    return new ImageFilters(filters, after, before);
  }

  /**
   * The filters of a prune.
   *
   * @throws HttpError 400 for an unknown key, or a value that is wrong
   */
  static ImageFilters ofPrune(JsonNode json) {
    Filters filters = new Filters(json, OF_PRUNES);
    return new ImageFilters(filters, Instant.MIN, until(filters));
  }

  private static Instant until(Filters filters) {
    return filters.times("until", Instant.now()).stream()
        .reduce(Instant.MAX, ImageFilters::earlier);
  }

  private static Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }

  /**
   * Whether only images without a name are asked for, which a prune does unless it says no.
   *
   * @throws HttpError 400 if the filter says neither yes nor no
   */
  boolean isOnlyDangling() {
    return filters.fitsTruth("dangling", true);
  }

  /** Whether an image fits, as far as its names tell. */
  boolean fitsNames(Image image) {
    boolean dangling = image.getRepoTagsCount() == 0;
    return filters.fitsTruth("dangling", dangling)
        && filters.fits("reference", text -> fitsReference(image, text));
  }

  private static boolean fitsReference(Image image, String pattern) {
    String expression =
        pattern
            .chars()
            .mapToObj(c -> (char) c + "")
            .map(c -> c.equals("*") ? "[^/]*" : c.equals("?") ? "[^/]" : Pattern.quote(c))
            .collect(Collectors.joining());
    return image.getRepoTagsList().stream()
        .map(ImageNames::familiar)
        .anyMatch(
            name -> name.matches(expression) || ImageNames.repository(name).matches(expression));
  }

  /**
   * Whether an image fits by what it says of itself.
   *
   * @param specification its configuration
   */
  boolean fitsContent(JsonNode specification) {
    Instant created = created(specification);
    return created.isAfter(after)
        && created.isBefore(before)
        && filters.fitsLabels(labels(specification));
  }

  /** The labels that the image's configuration has, which are none if it does not say so. */
  static Map<String, String> labels(JsonNode specification) {
    return specification.path("config").path("Labels").properties().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, each -> each.getValue().asText("")));
  }

  /** When the image was made; the epoch if it states no time, or a text that is not a time. */
  static Instant created(JsonNode specification) {
    return time(specification.path("created").asText(""));
  }

  /** The time that an image states as RFC 3339; the epoch if the text is not a time. */
  static Instant time(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      return Instant.EPOCH;
    }
  }
}
