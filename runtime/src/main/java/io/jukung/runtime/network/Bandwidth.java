package io.jukung.runtime.network;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.CriException;
import io.jukung.runtime.network.cni.CniJson;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The bandwidth limits that a pod's annotations {@code kubernetes.io/ingress-bandwidth} and {@code
 * kubernetes.io/egress-bandwidth} ask for, in bits per second. The annotations are Kubernetes
 * quantities.
 */
record Bandwidth(OptionalLong ingress, OptionalLong egress) {
  private static final String INGRESS = "kubernetes.io/ingress-bandwidth";
  private static final String EGRESS = "kubernetes.io/egress-bandwidth";

  /** The bounds that Kubernetes has for these annotations: 1k to 1P. */
  private static final BigDecimal MIN = new BigDecimal("1e3");

  private static final BigDecimal MAX = new BigDecimal("1e15");

  /** The burst, which the plugin requires with each rate; so large that it limits nothing. */
  private static final long UNLIMITED_BURST_BITS = 0xffff_ffffL;

  /** Kubernetes' resource.Quantity: a decimal number with a suffix or an exponent. */
  private static final Pattern QUANTITY =
      Pattern.compile(
          "([+-]?(?:\\d{1,30}\\.?\\d{0,30}|\\.\\d{1,30}))([eE][+-]?\\d{1,3}|[KMGTPE]i|[numkMGTPE]?)");

  /**
   * Reads the annotations of a pod.
   *
   * @return empty if they ask for no limit
   */
  static Optional<Bandwidth> of(Map<String, String> annotations) {
    OptionalLong ingress = rate(annotations, INGRESS);
    OptionalLong egress = rate(annotations, EGRESS);
    return ingress.isEmpty() && egress.isEmpty()
        ? Optional.empty()
        : Optional.of(new Bandwidth(ingress, egress));
  }

  /** The limits as the argument of the capability {@code bandwidth}. */
  ObjectNode toJson() {
    ObjectNode json = CniJson.object();
    ingress.ifPresent(
        rate -> json.put("ingressRate", rate).put("ingressBurst", UNLIMITED_BURST_BITS));
    egress.ifPresent(rate -> json.put("egressRate", rate).put("egressBurst", UNLIMITED_BURST_BITS));
    return json;
  }

  private static OptionalLong rate(Map<String, String> annotations, String name) {
    String text = annotations.get(name);
    if (text == null) {
      return OptionalLong.empty();
    }
    Matcher matcher = QUANTITY.matcher(text);
    if (!matcher.matches()) {
      throw CriException.invalidArgument("annotation " + name + " is not a quantity: " + text);
    }
    BigDecimal value = new BigDecimal(matcher.group(1)).multiply(factor(matcher.group(2)));
    if (value.compareTo(MIN) < 0 || value.compareTo(MAX) > 0) {
      throw CriException.invalidArgument(
          "annotation " + name + " must be between 1k and 1P, not " + text);
    }
    return OptionalLong.of(value.setScale(0, RoundingMode.CEILING).longValueExact());
  }

  private static BigDecimal factor(String suffix) {
    return switch (suffix) {
      case "" -> BigDecimal.ONE;
      case "n" -> new BigDecimal("1e-9");
      case "u" -> new BigDecimal("1e-6");
      case "m" -> new BigDecimal("1e-3");
      case "k" -> new BigDecimal("1e3");
      case "M" -> new BigDecimal("1e6");
      case "G" -> new BigDecimal("1e9");
      case "T" -> new BigDecimal("1e12");
      case "P" -> new BigDecimal("1e15");
      case "E" -> new BigDecimal("1e18");
      case "Ki" -> BigDecimal.valueOf(1L << 10);
      case "Mi" -> BigDecimal.valueOf(1L << 20);
      case "Gi" -> BigDecimal.valueOf(1L << 30);
      case "Ti" -> BigDecimal.valueOf(1L << 40);
      case "Pi" -> BigDecimal.valueOf(1L << 50);
      case "Ei" -> BigDecimal.valueOf(1L << 60);
      default -> new BigDecimal("1" + suffix);
    };
  }
}
