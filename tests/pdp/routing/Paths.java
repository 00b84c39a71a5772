import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Tells how java.net.URI reads paths: one a line, in hexadecimal; out comes the path of the normal form, or -. */
class Paths {
    public static void main(String[] nothing) throws Exception {
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            var raw = new String(HexFormat.of().parseHex(line), StandardCharsets.ISO_8859_1);
            System.out.println(reading(raw));
        }
    }

    static String reading(String raw) {
        try {
            var path = new URI(raw).normalize().getPath();
            return path == null ? "-" : HexFormat.of().formatHex(path.getBytes(StandardCharsets.UTF_8));
        } catch (URISyntaxException refused) {
            return "-";
        }
    }
}
