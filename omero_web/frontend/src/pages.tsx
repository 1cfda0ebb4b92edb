// Login, logout and error pages: they need only the styles.
import "./styles/small.css";
