package io.jukung.e2e.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class RatioChartTest {
  private static final Pattern FILL =
      Pattern.compile("(\\.page|text|\\.bar\\d)\\{fill:#(\\p{XDigit}{6})\\}");
  private static final int BARS_OF_LEGEND = 2;

  private final Results results = new Results(List.of("one", "two & <three>"));

  private Document chart() throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setNamespaceAware(true);
    return factory
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(new RatioChart(results).svg())));
  }

  private static List<Element> elements(Document document, String name) {
    NodeList nodes = document.getElementsByTagNameNS("http://www.w3.org/2000/svg", name);
    return IntStream.range(0, nodes.getLength()).mapToObj(i -> (Element) nodes.item(i)).toList();
  }

  private static double number(Element element, String attribute) {
    return Double.parseDouble(element.getAttribute(attribute));
  }

  private static List<Double> widthsOfBars(Document document) {
    return elements(document, "rect").stream()
        .filter(bar -> bar.getAttribute("class").startsWith("bar"))
        .skip(BARS_OF_LEGEND)
        .map(bar -> number(bar, "width"))
        .toList();
  }

  private static List<String> texts(Document document) {
    return elements(document, "text").stream().map(Element::getTextContent).toList();
  }

  @Test
  void namesAreEscaped() throws Exception {
    assertThat(texts(chart())).contains("two & <three>");
  }

  @Test
  void barsAreAsLongAsTheirTimes() throws Exception {
    results.addTime(Row.EXEC, "one", 10_000_000);
    results.addTime(Row.EXEC, "two & <three>", 40_000_000);
    Document chart = chart();
    assertThat(widthsOfBars(chart)).containsExactly(80.0, 320.0);
    assertThat(texts(chart)).contains("ExecSync of true", "10.0 ms", "40.0 ms (4.0×)");
  }

  @Test
  void higherRateHasTheShorterBar() throws Exception {
    results.put(Row.BURST_LIVES_HOST, "one", 20);
    results.put(Row.BURST_LIVES_HOST, "two & <three>", 5);
    Document chart = chart();
    assertThat(widthsOfBars(chart)).containsExactly(80.0, 320.0);
    assertThat(texts(chart)).contains("20.0 /s", "5.00 /s (4.0×)");
  }

  @Test
  void runtimeThatTakesLessThanTheFirstHasAFraction() throws Exception {
    results.put(Row.DAEMON_START, "one", 1000);
    results.put(Row.DAEMON_START, "two & <three>", 60);
    assertThat(texts(chart())).contains("60.0 ms (0.06×)");
  }

  @Test
  void rowOfASingleRuntimeIsLeftOut() throws Exception {
    results.addTime(Row.EXEC, "one", 10_000_000);
    assertThat(widthsOfBars(chart())).isEmpty();
  }

  @Test
  void everythingIsInsideThePage() throws Exception {
    for (Row row : Row.values()) {
      results.put(row, "one", 3);
      results.put(row, "two & <three>", 1000);
    }
    Document chart = chart();
    double width = number(chart.getDocumentElement(), "width");
    double height = number(chart.getDocumentElement(), "height");
    List<Element> all = new ArrayList<>(elements(chart, "rect"));
    assertThat(all).hasSizeGreaterThan(20);
    for (Element rectangle : all) {
      double left = rectangle.hasAttribute("x") ? number(rectangle, "x") : 0;
      double top = rectangle.hasAttribute("y") ? number(rectangle, "y") : 0;
      assertThat(left + number(rectangle, "width")).isBetween(0.0, width);
      assertThat(top + number(rectangle, "height")).isBetween(0.0, height);
    }
    for (Element text : elements(chart, "text")) {
      // No character of a sans-serif font at this size is 8 pixels wide on average.
      double length = 8 * text.getTextContent().length();
      boolean atEnd = text.getAttribute("text-anchor").equals("end");
      assertThat(number(text, "x") - (atEnd ? length : 0))
          .as(text.getTextContent())
          .isNotNegative();
      assertThat(number(text, "x") + (atEnd ? 0 : length))
          .as(text.getTextContent())
          .isLessThan(width);
      assertThat(number(text, "y")).isBetween(0.0, height);
    }
  }

  /** Contrasts by WCAG 2: 4.5 for text, 3 for what is no text. */
  @Test
  void textsAndBarsStandOutFromTheirBackgroundInLightAndInDark() {
    String style = new RatioChart(results).svg();
    String[] schemes = style.split("@media\\(prefers-color-scheme:dark\\)", -1);
    assertThat(schemes).hasSize(2);
    for (String scheme : schemes) {
      var fills = FILL.matcher(scheme).results().toList();
      assertThat(fills).hasSizeGreaterThan(4);
      assertThat(fills.getFirst().group(1)).isEqualTo(".page");
      double background = luminance(fills.getFirst().group(2));
      for (var fill : fills.subList(1, fills.size())) {
        assertThat(contrast(background, luminance(fill.group(2))))
            .as(fill.group())
            .isGreaterThan(fill.group(1).equals("text") ? 4.5 : 3);
      }
    }
  }

  private static double contrast(double one, double other) {
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  }

  private static double luminance(String color) {
    int rgb = Integer.parseInt(color, 16);
    return 0.2126 * linear(rgb >> 16)
        + 0.7152 * linear(rgb >> 8 & 0xff)
        + 0.0722 * linear(rgb & 0xff);
  }

  private static double linear(int channel) {
    double value = channel / 255.0;
    return value <= 0.04045 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4);
  }
}
