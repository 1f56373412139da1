/* The rows of concepts.h. */
#include "server/wish/grammar/concepts.h"

const struct concept concepts[] = {
    {CONCEPT_MONEY, DIM_MONEY,
     "price|cost|costs|rent|fee|fees|amount|fare|preis|prix|precio|prezzo|prijs|preco|miete|loyer|"
     "alquiler|affitto|huur|aluguel|tarif|kosten",
     "price|prices|priced|pricing|cost|costs|costing|spend|paying|rent|rental|fee|fare|expensive|"
     "cheap|cheaper|ticket|tickets|kostet|kosten|kosteten|preis|preise|miete|coute|coutent|coutant|"
     "prix|loyer|precio|cuesta|cueste|cuesten|alquiler|prezzo|costa|costi|costino|affitto|prijs|"
     "kost|huur|preco|custa|custe|custem|aluguel|teurer|caro|cher|duurder|budget|presupuesto|"
     "orcamento|entry"},
    {CONCEPT_MONEY, DIM_MONEY,
     "salary|wage|wages|pay|income|compensation|earnings|gehalt|lohn|salaire|salario|stipendio|"
     "salaris|loon",
     "salary|salaries|pay|pays|paid|paying|earn|earns|earning|wage|wages|income|gehalt|lohn|"
     "verdienst|salaire|salario|sueldo|stipendio|salaris|loon|compensation"},
    {CONCEPT_MONEY, DIM_MONEY, "deposit|kaution|caution|fianza|cauzione|borg|caucao",
     "deposit|kaution|caution|fianza|cauzione|borg|caucao"},
    {0, DIM_NONE,
     "rating|ratings|stars|star|score|scores|rated|grade|vote|votes|bewertung|note|puntuacion|"
     "valutazione|beoordeling|avaliacao",
     "rating|ratings|rated|star|stars|score|scores|scored|scoring|grade|graded|sterne|sternen|"
     "bewertung|bewertet|etoile|etoiles|note|notee|estrella|estrellas|puntuacion|stella|stelle|"
     "valutazione|ster|sterren|beoordeling|estrela|estrelas|avaliacao"},
    {CONCEPT_COUNT, DIM_NONE, "pages|page|seiten|paginas|pagine|bladzijden",
     "page|pages|pp|seite|seiten|pagina|paginas|pagine|bladzijde|bladzijden|long|longer|shorter"},
    {CONCEPT_COUNT, DIM_NONE,
     "bedrooms|bedroom|beds|schlafzimmer|chambres|dormitorios|habitaciones|camere|slaapkamers|"
     "quartos",
     "bedroom|bedrooms|bedroomed|bed|beds|br|schlafzimmer|schlafzimmern|chambre|chambres|dormitorio|"
     "dormitorios|habitacion|habitaciones|camera|camere|slaapkamer|slaapkamers|quarto|quartos"},
    {CONCEPT_COUNT, DIM_NONE, "rooms|room|zimmer|pieces|stanze|kamers|comodos",
     "room|rooms|zimmer|zimmern|piece|pieces|stanza|stanze|vani|kamer|kamers|comodos"},
    {CONCEPT_COUNT, DIM_NONE, "bathrooms|bathroom|baths|bad|badezimmer",
     "bathroom|bathrooms|bath|baths|bader|badezimmer|banos|bagni|badkamers|banheiros"},
    {CONCEPT_HOLDS | CONCEPT_COUNT, DIM_NONE,
     "players|player|spieler|joueurs|jugadores|giocatori|spelers|jogadores",
     "player|players|people|persons|person|gamers|spieler|spielern|personen|leute|joueur|"
     "joueurs|personnes|jugador|jugadores|personas|giocatori|persone|speler|spelers|jogador|"
     "jogadores|pessoas"},
    {CONCEPT_HOLDS | CONCEPT_COUNT, DIM_NONE,
     "capacity|sleeps|seats|guests|people|persons|servings|serves|seating|places|group|personen|"
     "personnes|personas|persone|pessoas|portionen",
     "people|persons|person|guest|guests|adults|travellers|diners|serving|servings|portions|sleeps|"
     "seats|seat|serves|feeds|personen|leute|gaste|gasten|portionen|personnes|personas|persone|"
     "pessoas|places|friends"},
    {0, DIM_NONE, "age|ages|alter|edad|eta|leeftijd|idade", "age|alter|edad|eta|leeftijd|idade"},
    {0, DIM_LENGTH,
     "distance|away|far|entfernung|distanz|distancia|distanza|afstand|strecke|length",
     "away|distance|far|long|longer|shorter|walk|entfernt|entfernung|distanz|distancia|distanza|"
     "afstand|lang"},
    {0, DIM_LENGTH, "screen|display|diagonal|bildschirm",
     "screen|display|diagonal|inch|inches|bildschirm|ecran|pantalla|schermo|scherm|tela|monitor"},
    {0, DIM_LENGTH, "height|hohe|hauteur|altura|altezza|hoogte",
     "high|tall|height|higher|taller|hoch"},
    {0, DIM_LENGTH, "width|breite|largeur|anchura|larghezza|breedte", "wide|width|wider|breit"},
    {0, DIM_LENGTH, "depth|tiefe", "deep|depth|deeper|tief"},
    {0, DIM_LENGTH, "ascent|climb|elevation|gain|aufstieg",
     "ascent|climb|climbing|elevation|uphill|"
     "gain|hohenmeter"},
    {0, DIM_WEIGHT, "weight|weighs|gewicht|poids|peso|mass",
     "weight|weigh|weighs|weighing|light|lighter|heavy|heavier|gewicht|wiegt|schwer|leichter|poids|"
     "pese|peso|pesa|weegt"},
    {0, DIM_AREA, "size|area|surface|floor|flache|grosse|superficie|oppervlakte|wohnflache",
     "size|area|big|bigger|large|larger|space|floorspace|flache|grosse|surface|superficie|"
     "oppervlakte|gross"},
    {0, DIM_TIME,
     "duration|runtime|length|time|running|minutes|hours|dauer|laufzeit|duree|duracion|durata|duur|"
     "duracao|playtime|playing|spieldauer|prep|cook|weeks|days",
     "duration|runtime|long|longer|shorter|short|lasting|lasts|last|takes|take|ready|runs|running|"
     "dauer|dauert|dauern|lang|langer|laufzeit|duree|dure|dura|dure|duracion|durata|duur|duurt|"
     "duracao|playtime|play"},
    {0, DIM_DATA, "memory|ram|arbeitsspeicher|memoire|memoria|geheugen",
     "memory|ram|arbeitsspeicher|memoire|memoria|geheugen"},
    {0, DIM_DATA, "storage|disk|ssd|hdd|drive|speicher|festplatte|stockage|opslag",
     "storage|disk|ssd|hdd|drive|festplatte|stockage|opslag|speicher"},
    {0, DIM_PERCENT, "abv|alcohol|alc|alkohol|alcool", "alcohol|abv|alkohol|alc|alcool|strength"},
    {0, DIM_PERCENT, "discount|rabatt|remise|descuento|sconto|korting|desconto",
     "off|discount|discounted|rabatt|remise|descuento|sconto|korting|desconto"},
    {0, DIM_ENERGY, "kcal|calories|calorie|energy|kalorien",
     "calories|calorie|kcal|kalorien|energy"},
    {0, DIM_NONE, "experience|erfahrung", "experience|erfahrung|experiencia|esperienza|ervaring"},
    {0, DIM_VOLUME, "volume|capacity|bottle|inhalt", "bottle|volume|capacity"},
    /* Dates. */
    {CONCEPT_DATE, DIM_NONE,
     "posted|added|listed|created|advertised|uploaded|eingestellt|publicado",
     "posted|listed|added|advertised|uploaded|ad|ads|posting|posts|put|inseriert|eingestellt|"
     "publiee|publie|publicado|publicada|publicata|geplaatst"},
    {CONCEPT_DATE, DIM_NONE,
     "published|publish|publication|released|release|year|made|date|time|vintage|premiere|produced|"
     "erschienen|jahr|annee|ano|anno|jaar|erscheinungsjahr|recorded",
     "published|publication|released|release|made|filmed|shot|produced|written|printed|premiered|"
     "recorded|vintage|erschienen|gedreht|veroffentlicht|sorti|sortie|sortis|paru|estrenada|"
     "publicado|publicada|uscito|usciti|pubblicato|pubblicati|verschenen|uitgebracht|lancado|"
     "lancados|year"},
    {CONCEPT_DATE | CONCEPT_EVENT, DIM_NONE,
     "start|starts|starting|begin|begins|beginning|date|when|time|event|departure|departs|opens|"
     "doors|beginn|datum|debut|inicio|inizio|fecha|data",
     "starts|starting|start|begins|begin|beginning|lesson|doors|departs|departing|leaves|beginnt|"
     "startet|commence|commencant|empieza|comienza|inizia|begint|comeca"},
    {CONCEPT_DATE | CONCEPT_EVENT, DIM_NONE,
     "available|availability|free|move|vacant|verfugbar|disponible|disponibile|beschikbaar|"
     "disponivel",
     "available|free|vacant|move|moving|bezugsfrei|verfugbar|frei|disponible|libre|disponibile|"
     "beschikbaar|disponivel"},
    {CONCEPT_DATE | CONCEPT_EVENT, DIM_NONE, "deadline|closes|closing|apply|due|expires|end|ends",
     "deadline|closes|closing|apply|due|expires|ends|ending|finish|finishes"},
    {CONCEPT_DATE, DIM_NONE, "built|construction|baujahr", "built|constructed|baujahr|construit"},
    {CONCEPT_DATE, DIM_NONE, "updated|modified|changed", "updated|modified|refreshed"},
};
const size_t concepts_n = COUNT(concepts);

const char concept_people[] =
    "people|person|persons|anyone|anybody|someone|somebody|one|everyone|nobody|child|children|kid|"
    "kids|boys|girls|boy|girl|adults|adult|men|women|man|woman|toddlers|babies|baby|teens|teenagers|"
    "students|seniors|guests|those|players|kinder|kindern|enfants|ninos|bambini|kinderen|criancas|"
    "daughter|son|couple|family|friends";
