package io.jukung.runtime.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationTemplateTest {
  private static final Map<String, String> TEXTS = Map.of("PodCIDR", "10.1.0.0/24");
  private static final Map<String, List<String>> LISTS =
      Map.of(
          "PodCIDRRanges", List.of("10.1.0.0/24", "fd00::/64"),
          "Routes", List.of("0.0.0.0/0", "::/0"),
          "None", List.of());

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      ignoreLeadingAndTrailingWhitespace = true,
      value = {
        "no action                                             | no action",
        "a{{.PodCIDR}}b                                        | a10.1.0.0/24b",
        "{{ .PodCIDR }}{{.PodCIDR}}                            | 10.1.0.0/2410.1.0.0/24",
        "{{range .Routes}}<{{.}}>{{end}}                       | <0.0.0.0/0><::/0>",
        "{{range $r := .Routes}}<{{$r}}>{{end}}                | <0.0.0.0/0><::/0>",
        "{{range $i, $r := .Routes}}{{if $i}}, {{end}}{{$r}}{{end}} | 0.0.0.0/0, ::/0",
        "{{range $i,$r:=.Routes}}{{$r}}{{if $i}}.{{end}}{{end}}| 0.0.0.0/0::/0.",
        "{{range $i, $r := .PodCIDRRanges}}{{if $i}}, {{end}}[{'subnet': '{{$r}}'}]{{end}} |"
            + " [{'subnet': '10.1.0.0/24'}], [{'subnet': 'fd00::/64'}]",
        "{{range .None}}x{{end}}none                           | none",
        "a {{- .PodCIDR -}} b                                  | a10.1.0.0/24b",
        "a{{/* a comment */}}b                                 | ab",
        "a {{- /* a comment */ -}} b                           | ab",
        "{\"a\": {{range .Routes}}{\"b\": \"{{.}}\"}{{end}}}   | {\"a\": {\"b\":"
            + " \"0.0.0.0/0\"}{\"b\": \"::/0\"}}",
      })
  void knownFormsAreFilledIn(String template, String expected) {
    assertThat(render(template)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{{template \"x\"}}          | line 1: {{template \"x\"}} is not known here",
        "{{printf .PodCIDR}}         | line 1: {{printf .PodCIDR}} is not known here",
        "{{}}                        | line 1: {{}} is not known here",
        "{{.Name}}                   | line 1: {{.Name}} is not known here",
        "{{.Routes}}                 | line 1: {{.Routes}} is not known here",
        "{{$x}}                      | line 1: {{$x}} is not known here",
        "{{range .Routes}}           | line 1: {{range .Routes}} without {{end}}",
        "{{range $i, $r := .Routes}}{{if $i}}{{end}} | := .Routes}} without {{end}}",
        "{{range .Routes}}x{{else}}y{{end}} | {{else}} is not known here",
        "{{range .Routes}}{{range .Routes}}{{end}}{{end}} | {{range .Routes}} is not known here",
        "{{range .Routes}}{{$.PodCIDR}}{{end}} | {{$.PodCIDR}} is not known here",
        "{{range $i, $r := .Routes}}{{$i}}{{end}} | {{$i}} is not known here",
        "{{range $i, $r := .Routes}}{{if $r}}{{end}}{{end}} | {{if $r}} is not known here",
        "{{range $i, $r := .Routes}}{{if $i}}{{$r}}{{end}}{{end}} | {{$r}} is not known here",
        "{{if .Routes}}{{end}}       | {{if .Routes}} is not known here",
        "{{end}}                     | line 1: {{end}} is not known here",
        "{{range .PodCIDR}}{{end}}   | {{range .PodCIDR}} is not known here",
        "{{range .Routes}}{{.PodCIDR}}{{end}} | {{.PodCIDR}} is not known here",
        "{{if eq .PodCIDR 1}}{{end}} | is not known here",
        "a {{.PodCIDR                | {{ without }}",
      })
  void otherFormsAreNamedInTheError(String template, String problem) {
    assertThatThrownBy(() -> render(template))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(problem);
  }

  private static String render(String template) {
    return ConfigurationTemplate.parse(template).render(TEXTS, LISTS);
  }

  @Test
  void errorNamesTheLine() {
    assertThatThrownBy(() -> render("\n\n  {{with .}}"))
        .hasMessageStartingWith("line 3: {{with .}} is not known here");
  }

  @Test
  void damagedTemplatesAreRenderedOrRefused() {
    Random random = new Random(20261126);
    String good = "a {{range $i, $r := .Routes}}{{if $i}}, {{end}}{{$r}}{{end}} b";
    int refused = 0;
    for (int round = 0; round < 3000; round++) {
      StringBuilder text = new StringBuilder(good);
      for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
        text.setCharAt(random.nextInt(text.length()), "{}$. -:=,/*eifr".charAt(random.nextInt(15)));
      }
      try {
        render(text.toString());
      } catch (IllegalArgumentException e) {
        refused++;
      }
    }
    assertThat(refused).isBetween(1, 2999);
    assertThatThrownBy(() -> render("{{range .Routes}}".repeat(100_000)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
