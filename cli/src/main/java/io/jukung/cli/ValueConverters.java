package io.jukung.cli;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads options' values, and refuses wrong ones without the names of Java's types. */
final class ValueConverters {
  private ValueConverters() {}

  static void register(CommandLine line) {
    line.registerConverter(BigDecimal.class, number(BigDecimal::new, "a number"))
        .registerConverter(long.class, number(Long::valueOf, "a whole number"))
        .registerConverter(Long.class, number(Long::valueOf, "a whole number"))
        .registerConverter(int.class, number(Integer::valueOf, "a whole number"))
        .registerConverter(Integer.class, number(Integer::valueOf, "a whole number"))
        .registerConverter(boolean.class, ValueConverters::truth);
  }

  private static <T> ITypeConverter<T> number(Function<String, T> parser, String kind) {
    return text -> {
      try {
        return parser.apply(text);
      } catch (NumberFormatException e) {
        throw new TypeConversionException("\"" + text + "\" is not " + kind);
      }
    };
  }

  private static boolean truth(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new TypeConversionException("\"" + text + "\" is neither true nor false");
    };
  }
}
