package io.jukung.cli.image;

import io.jukung.cri.v1.Image;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Which images a list shows. */
sealed interface ImageFilter {
  boolean matches(Image image);

  /**
   * Parses {@code dangling=BOOL} or {@code reference=PATTERN}.
   *
   * @throws IllegalArgumentException for other text, with a reason that is fit for the user
   */
  static ImageFilter parse(String text) {
    String[] pair = text.split("=", 2);
    String value = pair.length == 2 ? pair[1] : "";
    return switch (pair[0]) {
      case "dangling" ->
          switch (value) {
            case "true", "1" -> new Dangling(true);
            case "false", "0" -> new Dangling(false);
            default -> throw new IllegalArgumentException("dangling is true or false");
          };
      case "reference" -> {
        if (value.isEmpty()) {
          throw new IllegalArgumentException("the pattern is empty");
        }
        yield Reference.of(value);
      }
      default ->
          throw new IllegalArgumentException("it is neither dangling=BOOL nor reference=PATTERN");
    };
  }

  /** Reads an option's value. */
  final class Converter implements ITypeConverter<ImageFilter> {
    @Override
    public ImageFilter convert(String text) {
      try {
        return parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException("\"" + text + "\": " + e.getMessage());
      }
    }
  }

  /** Whether the image has no tag. */
  record Dangling(boolean wanted) implements ImageFilter {
    @Override
    public boolean matches(Image image) {
      return (image.getRepoTagsCount() == 0) == wanted;
    }
  }

  /**
   * A name that an image must have. A star stands for any characters but a slash, as docker has it.
   *
   * @param pattern matches a whole name
   */
  record Reference(Pattern pattern) implements ImageFilter {
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

    @Override
    public boolean matches(Image image) {
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
