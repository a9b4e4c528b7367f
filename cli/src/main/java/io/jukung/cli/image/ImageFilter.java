package io.jukung.cli.image;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Filters;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.command.TimeArgument;
import io.jukung.cri.v1.Image;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The filters of lists of images, with docker's keys and meanings. */
final class ImageFilter {
  private static final Set<String> KEYS =
      Set.of("dangling", "reference", "label", "label!", "before", "since", "until");

  private final Filters filters;
  private final Connection connection;
  private final long before;
  private final long since;

  private ImageFilter(Filters filters, InstantSource clock, Connection connection) {
    this.filters = filters;
    this.connection = connection;
    long earliest = Long.MAX_VALUE;
    for (String each : filters.values("until")) {
      earliest = Math.min(earliest, TimeArgument.nanos("filter until", each, clock));
    }
    for (String each : filters.values("before")) {
      earliest = Math.min(earliest, created(each));
    }
    this.before = earliest;
    this.since = filters.values("since").stream().mapToLong(this::created).max().orElse(-1);
  }

  /**
   * Checks filters.
   *
   * @throws CliException with the exit code for wrong usage
   */
  static Filters check(List<String> texts, InstantSource clock) {
    Filters filters = Filters.of(texts, KEYS);
    if (filters.has("dangling")) {
      var _ = filters.truth("dangling");
    }
    for (String each : filters.values("until")) {
      var _ = TimeArgument.nanos("filter until", each, clock);
    }
    if (filters.values("reference").contains("")) {
      throw CliException.usage("filter reference: the pattern is empty");
    }
    return filters;
  }

  static ImageFilter of(List<String> texts, InstantSource clock, Connection connection) {
    return new ImageFilter(check(texts, clock), clock, connection);
  }

  private long created(String image) {
    String name = Lookup.image(connection, image);
    if (!Lookup.isImage(connection, name)) {
      throw CliException.failed("no such image: " + image);
    }
    return ImageTimes.created(connection, name);
  }

  boolean fits(Image image) {
    return (!filters.has("dangling")
            || filters.truth("dangling") == (image.getRepoTagsCount() == 0))
        && filters.fits("reference", each -> Reference.of(each).matches(image))
        && fitsConfiguration(image);
  }

  private boolean fitsConfiguration(Image image) {
    boolean needed = filters.has("label") || filters.has("label!");
    if (needed && !filters.fitLabels(ImageTimes.labels(connection, image.getId()))) {
      return false;
    }
    if (before == Long.MAX_VALUE && since < 0) {
      return true;
    }
    long created = ImageTimes.created(connection, image.getId());
    return created < before && created > since;
  }

  /** Whether the image has a name that the pattern matches. */
  static boolean hasName(Image image, String pattern) {
    return Reference.of(pattern).matches(image);
  }

  /**
   * A name that an image must have. A star stands for any characters but a slash, as docker has it.
   *
   * @param pattern matches a whole name
   */
  private record Reference(Pattern pattern) {
    private static final String HUB = "docker.io/library/";

    static Reference of(String glob) {
      String regex =
          Stream.of(glob.split("(?=[*?])|(?<=[*?])", -1))
              .map(
                  part ->
                      switch (part) {
                        case "*" -> "[^/]*";
                        case "?" -> "[^/]";
                        default -> Pattern.quote(part);
                      })
              .collect(Collectors.joining());
      return new Reference(Pattern.compile(regex));
    }

    boolean matches(Image image) {
      return image.getRepoTagsList().stream().flatMap(Reference::spellings).anyMatch(this::matches);
    }

    private boolean matches(String name) {
      return pattern.matcher(name).matches();
    }

    /** The ways in which people write the name: with and without tag, and short for Docker Hub. */
    private static Stream<String> spellings(String tagged) {
      String name = tagged.substring(0, tagged.lastIndexOf(':'));
      List<String> all = List.of(tagged, name);
      return all.stream()
          .flatMap(
              each ->
                  each.startsWith(HUB)
                      ? Stream.of(each, each.substring(HUB.length()))
                      : Stream.of(each));
    }
  }
}
